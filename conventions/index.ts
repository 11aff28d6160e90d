import { alarmConventions } from "./alarms";
import { artifactConventions } from "./artifact";
import type { Convention } from "./convention";
import { dataConventions } from "./data";
import { failureConventions } from "./failures";
import { handlerConventions } from "./handlers";
import { httpConventions } from "./http";
import { lambdaConventions } from "./lambdas";
import { nameConventions } from "./names";
import { policyConventions } from "./policies";
import { publicAccessConventions } from "./public-access";
import { queueConventions } from "./queues";
import { secretConventions } from "./secrets";
import { stackConventions } from "./stacks";

/** Every convention. `npm test` checks each of them in every stack of every environment. */
export const CONVENTIONS: Convention[] = [
  ...failureConventions,
  ...queueConventions,
  ...alarmConventions,
  ...dataConventions,
  ...lambdaConventions,
  ...handlerConventions,
  ...httpConventions,
  ...policyConventions,
  ...publicAccessConventions,
  ...secretConventions,
  ...artifactConventions,
  ...nameConventions,
  ...stackConventions,
];
