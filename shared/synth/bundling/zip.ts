import { crc32 } from "node:zlib";
import { deflateSync, Zip, type ZipInputFile } from "fflate";

/** A compressed file. A file that many zips contain is compressed once. */
export interface CompressedFile {
  name: string;
  /** Bytes before compression. */
  size: number;
  /** CRC-32 of the bytes before compression. */
  crc: number;
  deflated: Uint8Array<ArrayBuffer>;
}

/** Unix permissions `rw-r--r--`: Lambda runs code as a user that does not own it. `os: 3` says that `attrs` are those of Unix. */
const READABLE_BY_ALL = { os: 3, attrs: 0o644 << 16 };

/** The number of the "deflate" method in a zip. */
const DEFLATE = 8;

/** Compresses a file with fflate, because the output of Node.js's own zlib differs between versions of Node.js. */
export function compress(name: string, content: Uint8Array): CompressedFile {
  return { name, size: content.length, crc: crc32(content), deflated: deflateSync(new Uint8Array(content), { level: 6 }) };
}

/** Makes a zip. Every file has the same fixed date, so that the same files give the same bytes on any machine. */
export function zip(files: CompressedFile[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const archive = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  for (const { name: filename, size, crc, deflated } of files) {
    // A zip has no time zone: fflate writes the date as this machine's local time shows it, so it is given in local time.
    const mtime = new Date(1980, 0, 1);
    const file: ZipInputFile = { filename, size, crc, compression: DEFLATE, mtime, ...READABLE_BY_ALL };
    archive.add(file);
    file.ondata?.(null, deflated, true);
  }
  archive.end();
  return Buffer.concat(chunks);
}
