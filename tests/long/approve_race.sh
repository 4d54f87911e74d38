# 50 rounds of 200 simultaneous decisions.
ROUNDS=50
. tests/flow/approve_race.sh
