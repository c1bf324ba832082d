/**
 * Every operation, by resource.
 *
 * @since 0.1.0
 */
import * as AssistantFiles from "./AssistantFiles.js"
import * as Assistants from "./Assistants.js"
import * as Audio from "./Audio.js"
import * as AuditLogs from "./AuditLogs.js"
import * as Batches from "./Batches.js"
import * as ChatCompletions from "./ChatCompletions.js"
import * as Completions from "./Completions.js"
import * as Embeddings from "./Embeddings.js"
import type * as Endpoint from "./Endpoint.js"
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

/**
 * The resources, in alphabetical order. `npm run generate` writes this list.
 *
 * @since 0.1.0
 * @category models
 */
export const resources = {
  AssistantFiles: AssistantFiles.resource,
  Assistants: Assistants.resource,
  Audio: Audio.resource,
  AuditLogs: AuditLogs.resource,
  Batches: Batches.resource,
  ChatCompletions: ChatCompletions.resource,
  Completions: Completions.resource,
  Embeddings: Embeddings.resource,
  Files: Files.resource,
  FineTuning: FineTuning.resource,
  Images: Images.resource,
  Invites: Invites.resource,
  MessageFiles: MessageFiles.resource,
  Messages: Messages.resource,
  Models: Models.resource,
  Moderations: Moderations.resource,
  ProjectApiKeys: ProjectApiKeys.resource,
  ProjectRateLimits: ProjectRateLimits.resource,
  Projects: Projects.resource,
  ProjectServiceAccounts: ProjectServiceAccounts.resource,
  ProjectUsers: ProjectUsers.resource,
  Runs: Runs.resource,
  RunSteps: RunSteps.resource,
  Threads: Threads.resource,
  Uploads: Uploads.resource,
  Usage: Usage.resource,
  Users: Users.resource
} as const

/**
 * @since 0.1.0
 * @category models
 */
export type ResourceName = keyof typeof resources

/**
 * @since 0.1.0
 * @category type-level
 */
export type EndpointsOf<R extends ResourceName> = {
  readonly [Name in R]: (typeof resources)[Name]["operations"][keyof (typeof resources)[Name]["operations"]]
}[R]

/**
 * The `operationId` of every operation.
 *
 * @since 0.1.0
 * @category type-level
 */
export type OperationName = EndpointsOf<ResourceName>["name"]

/**
 * @since 0.1.0
 * @category accessors
 */
export const resourceNames = Object.keys(resources) as ReadonlyArray<ResourceName>

/**
 * @since 0.1.0
 * @category accessors
 */
export const endpointsOf = <R extends ResourceName>(resource: R): ReadonlyArray<EndpointsOf<R>> =>
  Object.values<any>(resources[resource].operations)

/**
 * @since 0.1.0
 * @category accessors
 */
export const endpoints: ReadonlyArray<Endpoint.Any> = resourceNames.flatMap(
  (resource): ReadonlyArray<Endpoint.Any> => endpointsOf(resource)
)
