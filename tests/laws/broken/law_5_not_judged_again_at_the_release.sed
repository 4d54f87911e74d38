# file: shared/gate.c
s/^\tevaluate(gate, attempt->caller, .*/&\n\tif (attempt->held)\n\t\tattempt->verdict.decision = DECISION_REQUIRE_APPROVAL;/
