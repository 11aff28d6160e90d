import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { ParcelMoved } from "./contract";

/** The domain that the benchmark copies: three lambdas, each with a queue. `bench/plain.ts` has the same in plain CDKTF. */
export default class Parcels extends DomainStack {
  protected define(): void {
    for (const name of ["first", "second", "third"]) {
      const lambda = new NodejsFunction<{ PARCELS_TABLE: string }>(this, name, { environment: { PARCELS_TABLE: "parcels" } });
      lambda.allow(["dynamodb:PutItem"], this.arnOf("dynamodb", "table/parcels"));
      new QueueTrigger(this, `${name}-queue`, { event: ParcelMoved }).invokes(lambda);
    }
  }
}
