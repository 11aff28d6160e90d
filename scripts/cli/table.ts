import { printableLine } from "./printable";

/** Prints a table. Each column is as wide as its widest cell, and each row is one line. */
export function printTable(header: string[], texts: string[][]): void {
  const rows = texts.map((cells) => cells.map(printableLine));
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const printRow = (cells: string[]) => {
    const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    process.stdout.write(`  ${padded.join("  ").trimEnd()}\n`);
  };
  printRow(header);
  printRow(widths.map((width) => "─".repeat(width)));
  for (const row of rows) printRow(row);
}
