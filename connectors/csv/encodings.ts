/** The character sets that ERPs write. `utf8` is read as it is; the others by iconv-lite. */
export const encodings = [
  'utf8',
  'utf16le',
  'utf16be',
  'windows-1256',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'windows-1254',
  'latin1',
  'iso-8859-6',
  'iso-8859-9',
  'iso-8859-15',
  'cp720',
  'cp864',
  'cp850',
  'cp437',
] as const;

export type Encoding = (typeof encodings)[number];
