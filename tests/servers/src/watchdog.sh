# Ends the servers of the folder $1 and removes it, as soon as standard input is closed: by the process that holds the
# servers, or because that process is gone, however it ended. The line `leave` lets the servers live.
trap '' INT TERM HUP QUIT
folder=$1

# Whether the process $1 was started from the folder; its number may belong to another one by now.
ours() {
    {
        if [ -d /proc/self ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o args= -p "$1"; fi
    } 2>/dev/null | grep -qF -- "$folder/"
}

# Sends the signal $1 to PostgreSQL, and $2 to the others; succeeds where one of them was left.
signal() {
    left=1
    for file in "$folder"/*.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        ours "$pid" || continue
        left=0
        case $file in
            */postgres.pid) kill -"$1" "$pid" ;;
            *) kill -"$2" "$pid" ;;
        esac
    done
    return "$left"
}

read -r word
[ "$word" = leave ] && exit 0
# PostgreSQL gives back its shared memory when it is told to stop at once (QUIT), and not when it is killed.
tries=0
signal QUIT KILL
while signal 0 0 && [ "$tries" -lt 250 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
signal KILL KILL
rm -rf "$folder"
