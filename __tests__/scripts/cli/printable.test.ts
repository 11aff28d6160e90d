import { explainFileError } from "../../../scripts/cli/file-error";
import { printable } from "../../../scripts/cli/printable";
import { printTable } from "../../../scripts/cli/table";

afterEach(() => jest.restoreAllMocks());

test.each([
  ["a colour", "a\x1b[31mred\x1b[0m", "ared"],
  ["a command for the title of the terminal", "a\x1b]0;title\x07b", "ab"],
  ["a cursor that moves back over what was printed", "safe\rEVIL\b", "safe�EVIL�"],
  ["a change of the direction of writing", "a\u202eb", "a�b"],
  ["half of a character", "a\ud83db", "a�b"],
])("text from outside is printed without %s", (_, text, printed) => {
  expect(printable(text)).toBe(printed);
});

test("text in any language keeps its letters, symbols, line breaks and tabs", () => {
  const text = "Größe\t漢字 ✔ 🙂\nnext";
  expect(printable(text)).toBe(text);
});

test("a cell of a table is one line without control characters, and as wide as it is shown", () => {
  const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  printTable(["key", "result"], [["a\x1b[2J\nb", "handled"]]);
  expect(write.mock.calls.join("")).toBe("  key  result\n  ───  ───────\n  a b  handled\n");
});

test.each(["ENOSPC", "EROFS", "EACCES", "EMFILE"])("an error of the file system (%s) names the file and the fix", (code) => {
  const error = Object.assign(new Error("write failed"), { code, syscall: "open", path: "/clone/.build/x" });
  expect(explainFileError(error)).toMatch(new RegExp(`^/clone/.build/x cannot be used \\(open: ${code}\\)\\..*run the command again`));
});

test("an error that is a bug has no explanation", () => {
  expect(explainFileError(new TypeError("undefined is not a function"))).toBeUndefined();
  expect(explainFileError(Object.assign(new Error("from a server"), { code: "EACCES" }))).toBeUndefined();
});
