# file: shared/policy.c
s/decide_unclear(e, policy, index, i, why);/held = MATCH_NO;/
