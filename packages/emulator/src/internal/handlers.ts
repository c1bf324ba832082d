import type * as Contract from "@effect-openai/core/Contract"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type * as Layer from "effect/Layer"
import * as assistantFiles from "./assistantFiles.js"
import * as assistants from "./assistants.js"
import * as audio from "./audio.js"
import * as auditLogs from "./auditLogs.js"
import * as batches from "./batches.js"
import * as chatCompletions from "./chatCompletions.js"
import * as completions from "./completions.js"
import * as embeddings from "./embeddings.js"
import * as files from "./files.js"
import * as fineTuning from "./fineTuning.js"
import * as images from "./images.js"
import * as invites from "./invites.js"
import * as messageFiles from "./messageFiles.js"
import * as messages from "./messages.js"
import * as models from "./models.js"
import * as moderations from "./moderations.js"
import * as projectApiKeys from "./projectApiKeys.js"
import * as projectRateLimits from "./projectRateLimits.js"
import * as projects from "./projects.js"
import * as projectServiceAccounts from "./projectServiceAccounts.js"
import * as projectUsers from "./projectUsers.js"
import * as runs from "./runs.js"
import * as runSteps from "./runSteps.js"
import type { HandlerContext } from "./served.js"
import * as threads from "./threads.js"
import * as uploads from "./uploads.js"
import * as usage from "./usage.js"
import * as users from "./users.js"

/** The handlers of each resource of the contract. */
export const handlers: {
  readonly [R in Contract.ResourceName]: Layer.Layer<HttpApiGroup.ApiGroup<"OpenAI", R>, never, HandlerContext>
} = {
  AssistantFiles: assistantFiles.layer,
  Assistants: assistants.layer,
  Audio: audio.layer,
  Batches: batches.layer,
  ChatCompletions: chatCompletions.layer,
  Completions: completions.layer,
  Embeddings: embeddings.layer,
  Files: files.layer,
  Images: images.layer,
  FineTuning: fineTuning.layer,
  MessageFiles: messageFiles.layer,
  Messages: messages.layer,
  Models: models.layer,
  Moderations: moderations.layer,
  Runs: runs.layer,
  RunSteps: runSteps.layer,
  AuditLogs: auditLogs.layer,
  Invites: invites.layer,
  ProjectApiKeys: projectApiKeys.layer,
  ProjectRateLimits: projectRateLimits.layer,
  Projects: projects.layer,
  ProjectServiceAccounts: projectServiceAccounts.layer,
  ProjectUsers: projectUsers.layer,
  Usage: usage.layer,
  Users: users.layer,
  Threads: threads.layer,
  Uploads: uploads.layer
}
