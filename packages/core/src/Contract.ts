/**
 * Every operation, by resource.
 *
 * @since 0.1.0
 */
import * as AssistantFiles from "./AssistantFiles.js"
import * as Assistants from "./Assistants.js"
import * as Batches from "./Batches.js"
import * as ChatCompletions from "./ChatCompletions.js"
import * as Completions from "./Completions.js"
import * as Embeddings from "./Embeddings.js"
import type * as Endpoint from "./Endpoint.js"
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

/**
 * The resources, in alphabetical order. `npm run generate` writes this list.
 *
 * @since 0.1.0
 * @category models
 */
export const resources = {
  AssistantFiles: AssistantFiles.resource,
  Assistants: Assistants.resource,
  Batches: Batches.resource,
  ChatCompletions: ChatCompletions.resource,
  Completions: Completions.resource,
  Embeddings: Embeddings.resource,
  Files: Files.resource,
  FineTuning: FineTuning.resource,
  MessageFiles: MessageFiles.resource,
  Messages: Messages.resource,
  Models: Models.resource,
  Moderations: Moderations.resource,
  Runs: Runs.resource,
  RunSteps: RunSteps.resource,
  Threads: Threads.resource,
  Uploads: Uploads.resource
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
