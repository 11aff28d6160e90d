import { join } from "node:path";
import { App } from "cdktf";
import config from "./project.config";
import { exitOnError } from "./shared/errors";
import { Access } from "./shared/foundation/access";
import { Foundation } from "./shared/foundation/foundation";
import { Workspaces } from "./shared/foundation/workspaces";
import { ACCESS, FOUNDATION } from "./shared/naming";
import { loadProject } from "./shared/stack/config";
import { bundleLambdas } from "./shared/synth/bundling/bundling";
import { findDomains } from "./shared/synth/domains";
import { synthesize } from "./shared/synth/synthesize";
import { disableTokenStackTraces } from "./shared/synth/token-stack-traces";

/** The whole system: for each environment, the foundation and every domain in `domains/`. */
void exitOnError(async () => {
  disableTokenStackTraces();
  const project = loadProject(config);
  const app = new App({ stackTraces: false });
  const domains = findDomains(app, join(__dirname, "domains"), project);
  const bundles = await bundleLambdas(app, __dirname, domains, project);

  for (const environment of project.environments) {
    if (Access.isNeeded({ project, environment })) new Access(app, ACCESS, { project, environment, bundles });
    for (const { name, Stack } of domains) {
      new Stack(app, name, { project, environment, bundles });
    }
    new Foundation(app, FOUNDATION, { project, environment, bundles });
  }

  if (project.state.kind === "hcp") new Workspaces(app, project, project.state);

  // esbuild bundles while the constructs are created.
  await bundles.ready;
  synthesize(app, { project, domains, bundles });
});
