/** What goes wrong on a file server. Each is set by a test, and holds until it is taken back. */
export interface Troubles {
  /** Every login is refused. */
  refuseLogin?: boolean;
  /** The connection breaks after so many bytes of a download; `cuts` says how often. */
  cutAfter?: number;
  cuts?: number;
  /** A download ends early, as if the file ended there. */
  endAfter?: number;
  /** Called after the first piece of a download has been sent. */
  onDownload?: ((path: string) => Promise<void>) | undefined;
  /** Renames take effect, and then the connection breaks before the answer; so often. */
  loseRenames?: number;
  /** Nothing is answered any more. */
  silent?: boolean;
  /** Paths that may not be written to. */
  denied?: RegExp;
  /** Writes find no room. */
  full?: boolean;
  /** Writes find no room, and the server says nothing of it: the rest is missing. */
  quietlyFull?: boolean;
}

/** A server that shows a folder of this machine. */
export interface FileServer extends AsyncDisposable {
  readonly port: number;
  /** The folder that it shows, as it calls it; unset, where users start. */
  readonly root?: string;
  /** The option `connection` for it. */
  readonly connection: Record<string, unknown>;
  readonly secrets: readonly string[];
  readonly troubles: Troubles;
  /** How many logins there were, and how many connections. */
  readonly seen: { logins: number; connections: number; downloads: string[] };
  /** Ends all connections. */
  hangUp(): void;
}

export const account = { user: 'erp', password: 'correct-horse-battery' };
