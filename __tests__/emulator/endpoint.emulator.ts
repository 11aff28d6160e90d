import { enforcesIam } from "../../scripts/local/run";
import { startOwnEmulator } from "../harness/own-emulator";
import { stackOf } from "../harness/stacks";

test.each([true, false])(
  "npm run local notices whether the AWS at an endpoint enforces IAM: %p",
  async (auth) => {
    const { endpoint, stop } = await startOwnEmulator({ auth });
    try {
      expect(await enforcesIam({ id: "run", endpoint }, stackOf("orders-int"))).toBe(auth);
    } finally {
      await stop();
    }
  },
  60_000,
);
