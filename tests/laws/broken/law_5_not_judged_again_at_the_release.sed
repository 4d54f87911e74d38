# file: shared/gate.c
s/^\tevaluate(gate, attempt, .*/&\n\tif (attempt->held)\n\t\tattempt->verdict.decision = DECISION_REQUIRE_APPROVAL;/
