import * as AssistantFiles from "./AssistantFiles.js"
import * as Assistants from "./Assistants.js"
import * as Audio from "./Audio.js"
import * as AuditLogs from "./AuditLogs.js"
import * as Batches from "./Batches.js"
import * as ChatCompletions from "./ChatCompletions.js"
import * as Completions from "./Completions.js"
import * as Embeddings from "./Embeddings.js"
import * as Files from "./Files.js"
import * as FineTuning from "./FineTuning.js"
import * as Images from "./Images.js"
import * as Invites from "./Invites.js"
import * as MessageFiles from "./MessageFiles.js"
import * as Messages from "./Messages.js"
import * as Models from "./Models.js"
import * as Moderations from "./Moderations.js"
import * as ProjectApiKeys from "./ProjectApiKeys.js"
import * as ProjectRateLimits from "./ProjectRateLimits.js"
import * as Projects from "./Projects.js"
import * as ProjectServiceAccounts from "./ProjectServiceAccounts.js"
import * as ProjectUsers from "./ProjectUsers.js"
import * as Runs from "./Runs.js"
import * as RunSteps from "./RunSteps.js"
import * as Threads from "./Threads.js"
import * as Uploads from "./Uploads.js"
import * as Usage from "./Usage.js"
import * as Users from "./Users.js"

/** The samples of each resource. `npm run generate` writes this list. */
export const all = {
  AssistantFiles: AssistantFiles.samples,
  Assistants: Assistants.samples,
  Audio: Audio.samples,
  AuditLogs: AuditLogs.samples,
  Batches: Batches.samples,
  ChatCompletions: ChatCompletions.samples,
  Completions: Completions.samples,
  Embeddings: Embeddings.samples,
  Files: Files.samples,
  FineTuning: FineTuning.samples,
  Images: Images.samples,
  Invites: Invites.samples,
  MessageFiles: MessageFiles.samples,
  Messages: Messages.samples,
  Models: Models.samples,
  Moderations: Moderations.samples,
  ProjectApiKeys: ProjectApiKeys.samples,
  ProjectRateLimits: ProjectRateLimits.samples,
  Projects: Projects.samples,
  ProjectServiceAccounts: ProjectServiceAccounts.samples,
  ProjectUsers: ProjectUsers.samples,
  Runs: Runs.samples,
  RunSteps: RunSteps.samples,
  Threads: Threads.samples,
  Uploads: Uploads.samples,
  Usage: Usage.samples,
  Users: Users.samples
}
