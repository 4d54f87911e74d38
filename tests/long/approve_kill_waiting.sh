# The same for calls that wait.
WAYS='check waiting'
. tests/long/approve_kill.sh
