import { DescribeParametersCommand, PutParameterCommand, SSM, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { giveLocalSecrets, requireSecrets } from "../../../scripts/aws/secret-values";
import { stackOf } from "../../harness/stacks";

const ssm = mockClient(SSMClient);
const secretOf = (name: string) => ({ name, parameter: `/shop/int/receipts/secret/${name}` });
const receipts = stackOf("receipts-int", [], { secrets: [secretOf("mailer-key"), secretOf("pin")] });
/** The values that were set, by parameter. */
const valuesSet = () => Object.fromEntries(ssm.commandCalls(PutParameterCommand).map(({ args: [{ input }] }) => [input.Name, input.Value]));

/** In SSM, these secrets have a value. Each page of its answer has one. */
function existing(...names: string[]): void {
  ssm.on(DescribeParametersCommand).callsFake(({ ParameterFilters: [{ Key, Option, Values }], NextToken }) => {
    expect([Key, Option]).toEqual(["Name", "Equals"]);
    const found = names.map((name) => secretOf(name).parameter).filter((parameter) => Values.includes(parameter));
    const at = Number(NextToken ?? 0);
    return { Parameters: found.slice(at, at + 1).map((Name) => ({ Name })), NextToken: at + 1 < found.length ? `${at + 1}` : undefined };
  });
}
beforeEach(() => {
  ssm.reset();
  ssm.on(PutParameterCommand).resolves({});
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe("on the local AWS", () => {
  test("a secret without a value gets a harmless one, and the value is printed", async () => {
    existing();
    await giveLocalSecrets(new SSM(), receipts);
    expect(valuesSet()).toEqual({ [secretOf("mailer-key").parameter]: "local-mailer-key", [secretOf("pin").parameter]: "local-pin" });
    expect(process.stdout.write).toHaveBeenCalledWith(expect.stringMatching(/mailer-key of receipts had no value\..*"local-mailer-key"/));
  });

  test("a secret with a value keeps it", async () => {
    existing("mailer-key");
    await giveLocalSecrets(new SSM(), receipts);
    expect(valuesSet()).toEqual({ [secretOf("pin").parameter]: "local-pin" });
  });
});

describe("before a deployment to AWS", () => {
  test("secrets without a value are an error that lists the commands to set all of them", async () => {
    existing();
    const check = requireSecrets([stackOf("orders-int"), receipts]);
    await expect(check).rejects.toThrow(
      /nothing was deployed.*\n {2}npm run secret -- receipts-int mailer-key\n {2}npm run secret -- receipts-int pin$/,
    );
    expect(valuesSet()).toEqual({});
  });

  test("the values of secrets are not read", async () => {
    existing("mailer-key", "pin");
    await requireSecrets([receipts]);
    expect(new Set(ssm.calls().map(({ args: [command] }) => command.constructor.name))).toEqual(new Set(["DescribeParametersCommand"]));
  });

  test("stacks without secrets need no call to AWS", async () => {
    await requireSecrets([stackOf("orders-int")]);
    expect(ssm.calls()).toEqual([]);
  });
});
