import { crc32 } from "node:zlib";
import { deflateSync, Zip, type ZipInputFile } from "fflate";

/** A file as it lies in a zip, so that one that many zips hold is compressed once. */
export interface Entry {
  name: string;
  /** Of the whole, in bytes. */
  size: number;
  crc: number;
  deflated: Uint8Array<ArrayBuffer>;
}

/** Compresses a file, by fflate: what Node's own zlib makes differs by its version. */
export function compress(name: string, content: Uint8Array): Entry {
  return { name, size: content.length, crc: crc32(content), deflated: deflateSync(new Uint8Array(content), { level: 6 }) };
}

/** Lambda runs code that everyone may read, as Unix writes it. */
const READABLE = { os: 3, attrs: 0o644 << 16 };

/** A zip with one fixed date, so that the same files are the same bytes on any machine. */
export function zip(entries: Entry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const archive = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  for (const { name: filename, size, crc, deflated } of entries) {
    // A zip knows no time zone: the date is written as this machine's local time shows it.
    const file: ZipInputFile = { filename, size, crc, compression: 8, mtime: new Date(1980, 0, 1), ...READABLE };
    archive.add(file);
    file.ondata?.(null, deflated, true);
  }
  archive.end();
  return Buffer.concat(chunks);
}
