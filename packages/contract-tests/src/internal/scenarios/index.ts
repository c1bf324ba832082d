import type { Scenario } from "../../Scenario.js"
import { administration } from "./administration.js"
import { assistants } from "./assistants.js"
import { audio } from "./audio.js"
import { batches } from "./batches.js"
import { chat } from "./chat.js"
import { completions } from "./completions.js"
import { files } from "./files.js"
import { fineTuning } from "./fineTuning.js"
import { images } from "./images.js"
import { lists } from "./lists.js"
import { models } from "./models.js"
import { negative } from "./negative.js"
import { properties } from "./properties.js"
import { retrieve } from "./retrieve.js"
import { runs } from "./runs.js"
import { streams } from "./streams.js"
import { threads } from "./threads.js"
import { uploads } from "./uploads.js"

export const all: ReadonlyArray<Scenario> = [
  ...chat,
  ...completions,
  ...administration,
  ...audio,
  ...images,
  ...models,
  ...files,
  ...uploads,
  ...batches,
  ...fineTuning,
  ...assistants,
  ...threads,
  ...runs,
  ...retrieve,
  ...lists,
  ...streams,
  ...negative,
  ...properties
].map((scenario) => ({
  ...scenario,
  requires: ["live", ...scenario.requires]
}))
