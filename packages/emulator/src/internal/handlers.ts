import type * as Contract from "@effect-openai/core/Contract"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type * as Layer from "effect/Layer"
import * as assistantFiles from "./assistantFiles.js"
import * as assistants from "./assistants.js"
import * as batches from "./batches.js"
import * as chatCompletions from "./chatCompletions.js"
import * as completions from "./completions.js"
import * as embeddings from "./embeddings.js"
import * as files from "./files.js"
import * as fineTuning from "./fineTuning.js"
import * as messageFiles from "./messageFiles.js"
import * as messages from "./messages.js"
import * as models from "./models.js"
import * as moderations from "./moderations.js"
import * as runs from "./runs.js"
import * as runSteps from "./runSteps.js"
import type { HandlerContext } from "./served.js"
import * as threads from "./threads.js"
import * as uploads from "./uploads.js"

/** The handlers of each resource of the contract. */
export const handlers: {
  readonly [R in Contract.ResourceName]: Layer.Layer<HttpApiGroup.ApiGroup<"OpenAI", R>, never, HandlerContext>
} = {
  AssistantFiles: assistantFiles.layer,
  Assistants: assistants.layer,
  Batches: batches.layer,
  ChatCompletions: chatCompletions.layer,
  Completions: completions.layer,
  Embeddings: embeddings.layer,
  Files: files.layer,
  FineTuning: fineTuning.layer,
  MessageFiles: messageFiles.layer,
  Messages: messages.layer,
  Models: models.layer,
  Moderations: moderations.layer,
  Runs: runs.layer,
  RunSteps: runSteps.layer,
  Threads: threads.layer,
  Uploads: uploads.layer
}
