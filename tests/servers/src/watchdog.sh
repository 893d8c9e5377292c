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

# The numbers of the children of the process $1.
children() {
    if [ -d /proc/self ]; then
        grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | cut -d / -f 3
    else
        ps -A -o pid=,ppid= | awk -v parent="$1" '$2 == parent { print $1 }'
    fi
}

# Does $1 with each process that lives, and the name of its file; succeeds where one of them was left.
each() {
    left=1
    for file in "$folder"/*.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        ours "$pid" || continue
        left=0
        "$1" "$pid" "$file"
    done
    return "$left"
}

# PostgreSQL gives back its shared memory when it is told to stop at once (QUIT), and not when it is killed. One that
# somebody has halted has to go on first.
end() {
    case $2 in
        */postgres.pid) kill -QUIT "$1" && kill -CONT "$1" ;;
        *) kill -KILL "$1" ;;
    esac
}

# Ends a process by force, with its children, who are looked for as long as they have their parent.
end_by_force() {
    kill -STOP "$1"
    kill -KILL "$1" $(children "$1")
}

read -r word
[ "$word" = leave ] && exit 0
each end
tries=0
while each : && [ "$tries" -lt 250 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
each end_by_force
# A process that is about to go may still write.
tries=0
until rm -rf "$folder" 2>/dev/null || [ "$tries" -ge 250 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
