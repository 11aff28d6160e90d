/** Prints rows under a header, each column as wide as its widest cell. */
export function printTable(header: string[], rows: string[][]): void {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => {
    const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `  ${padded.join("  ").trimEnd()}\n`;
  };
  process.stdout.write(line(header));
  process.stdout.write(line(widths.map((width) => "─".repeat(width))));
  for (const row of rows) process.stdout.write(line(row));
}
