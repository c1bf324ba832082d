import * as AssistantFiles from "./AssistantFiles.js"
import * as Assistants from "./Assistants.js"
import * as Batches from "./Batches.js"
import * as ChatCompletions from "./ChatCompletions.js"
import * as Completions from "./Completions.js"
import * as Embeddings from "./Embeddings.js"
import * as Files from "./Files.js"
import * as FineTuning from "./FineTuning.js"
import * as MessageFiles from "./MessageFiles.js"
import * as Messages from "./Messages.js"
import * as Models from "./Models.js"
import * as Moderations from "./Moderations.js"
import * as Runs from "./Runs.js"
import * as RunSteps from "./RunSteps.js"
import * as Threads from "./Threads.js"
import * as Uploads from "./Uploads.js"

/** The samples of each resource. `npm run generate` writes this list. */
export const all = {
  AssistantFiles: AssistantFiles.samples,
  Assistants: Assistants.samples,
  Batches: Batches.samples,
  ChatCompletions: ChatCompletions.samples,
  Completions: Completions.samples,
  Embeddings: Embeddings.samples,
  Files: Files.samples,
  FineTuning: FineTuning.samples,
  MessageFiles: MessageFiles.samples,
  Messages: Messages.samples,
  Models: Models.samples,
  Moderations: Moderations.samples,
  Runs: Runs.samples,
  RunSteps: RunSteps.samples,
  Threads: Threads.samples,
  Uploads: Uploads.samples
}
