# 200 kills.
KILLS=200
. tests/laws/law_7.sh
