/** What a drive says of a file or a folder. */
export interface FileStats {
  readonly size: number;
  /** Milliseconds since the epoch, by the clock of the machine that has the file. */
  readonly mtimeMs: number;
  /** Tells a file from another one that took its name; 0 where the drive cannot. */
  readonly ino: number;
  readonly dev: number;
  readonly folder: boolean;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Where the listing says them. */
  readonly stats?: FileStats | undefined;
}

/**
 * Where the files of an ERP lie: on this machine, or on a server. Paths are those of the drive. Errors are BridgeErrors, but for the
 * local drive, which throws those of the system.
 */
export interface Drive {
  /** A server: what is read from it is copied first. */
  readonly remote: boolean;
  /** `folder` as seen from `root`. */
  resolve(root: string, folder: string): string;
  join(...parts: string[]): string;
  dirname(path: string): string;
  readonly sep: string;
  /** Undefined: there is no such file or folder. */
  stat(path: string): Promise<FileStats | undefined>;
  list(folder: string): Promise<Entry[]>;
  readText(path: string): Promise<string>;
  /** With those above it, where they are not there. */
  makeFolder(path: string): Promise<void>;
  /** Returns once all of it is stored. `create`: fails where the file is there already. */
  write(path: string, text: string, create?: boolean): Promise<void>;
  /** Gives a file another name, in place of one that has it. */
  rename(from: string, to: string): Promise<void>;
  /** No error where it is not there. */
  remove(path: string): Promise<void>;
}
