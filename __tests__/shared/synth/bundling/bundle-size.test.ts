import { join } from "node:path";
import { listFindings } from "../../../../shared/stack/findings";
import { bundleLambdas } from "../../../../shared/synth/bundling/bundling";
import { project, testApp } from "../../../harness/synth";
import { temporaryFolder } from "../../../harness/temporary-folder";

const MEGABYTE = 1024 * 1024;

/** The sizes that the mock reports, so that no test has to make a bundle of this size. */
const mockSizes = { unzipped: 0, zipped: 0 };
jest.mock("../../../../shared/synth/bundling/zip", () => ({
  compress: (name: string) => ({ name, size: mockSizes.unzipped }),
  zip: () => new Uint8Array(mockSizes.zipped),
}));

async function findingsOf(unzipped: number, zipped: number): Promise<string[]> {
  Object.assign(mockSizes, { unzipped, zipped });
  const root = temporaryFolder({ "domains/orders/lambdas/greet.ts": "export const handler = () => {};" });
  const app = testApp();
  const { ready } = await bundleLambdas(
    app,
    root,
    [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }],
    project,
  );
  await ready;
  return listFindings(app);
}

test("a lambda of the largest size that Lambda accepts is accepted", async () => {
  expect(await findingsOf(250 * MEGABYTE, 50 * MEGABYTE)).toEqual([]);
});

test.each([
  ["unzipped", 250 * MEGABYTE + 1, 10],
  ["zipped", 10, 50 * MEGABYTE + 1],
])("a lambda that is too large %s is rejected with its sizes and the limits", async (_, unzipped, zipped) => {
  const sizes = `the lambda has ${unzipped} bytes bundled and ${zipped} bytes zipped`;
  const limits = "Lambda accepts at most 262144000 and 52428800";
  expect(await findingsOf(unzipped, zipped)).toEqual([`domains/orders/lambdas/greet.ts: ${sizes}, but ${limits}. Import less.`]);
});
