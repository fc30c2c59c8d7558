import type { Command } from 'commander';
import { type Endpoint, otoApi } from '../oto/index.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script for a shell that completes the commands of `oto-bridge`, and behind `oto` the endpoints and options. */
export function completion(shell: Shell, command: Command): string {
  const rows = Object.values<Endpoint>(otoApi);
  const names = rows.map(({ name }) => name);
  const options = command.options.flatMap(({ long }) => long ?? []);
  const commands = command.parent?.commands.map((one) => one.name()) ?? [];
  if (shell === 'fish') {
    const only = '__fish_seen_subcommand_from oto';
    return [
      ...commands.map((name) => `complete -c oto-bridge -n __fish_use_subcommand -a ${name}`),
      ...rows.map(({ name, summary }) => `complete -c oto-bridge -f -n '${only}' -a ${name} -d ${quoted(summary)}`),
      ...options.map((option) => `complete -c oto-bridge -n '${only}' -l ${option.slice(2)}`),
    ].join('\n');
  }
  const bash = `_oto_bridge() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.join(' ')}" -- "$word"))
  elif [ "\${COMP_WORDS[1]}" = oto ]; then
    COMPREPLY=($(compgen -W "${[...names, ...options].join(' ')}" -- "$word"))
  fi
}
complete -o default -F _oto_bridge oto-bridge`;
  return shell === 'bash' ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
