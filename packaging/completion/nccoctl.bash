# Completion of nccoctl(1) for bash.

_nccoctl()
{
	local commands="lint recordings run schema spool status"
	local options="--url --key --json --help --version"
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command="" i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-u | -k | --url | --key) ((i++)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $previous in
	-u | --url | -k | --key | --keys | --limit | --application | --speech | --connect)
		return
		;;
	esac
	case $command in
	"") COMPREPLY=($(compgen -W "$commands $options -u -k" -- "$current")) ;;
	lint) COMPREPLY=($(compgen -f -- "$current")) ;;
	spool) COMPREPLY=($(compgen -W "list retry drop" -- "$current")) ;;
	recordings)
		COMPREPLY=($(compgen -W "get --application --limit" -- "$current"))
		[ "${COMP_WORDS[i + 1]}" = get ] && COMPREPLY=($(compgen -f -- "$current"))
		;;
	run)
		if [[ $current == -* ]]; then
			COMPREPLY=($(compgen -W "--keys --speech --connect --reply --limit --json
				--bench" -- "$current"))
		else
			COMPREPLY=($(compgen -f -- "$current"))
		fi
		;;
	esac
}

complete -o filenames -F _nccoctl nccoctl
