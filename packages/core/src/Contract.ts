/**
 * Every operation, by resource.
 *
 * @since 0.1.0
 */
import * as AssistantFiles from "./AssistantFiles.js"
import * as Assistants from "./Assistants.js"
import * as ChatCompletions from "./ChatCompletions.js"
import * as Embeddings from "./Embeddings.js"
import * as Endpoint from "./Endpoint.js"
import * as Files from "./Files.js"
import * as MessageFiles from "./MessageFiles.js"
import * as Messages from "./Messages.js"
import * as Models from "./Models.js"
import * as Runs from "./Runs.js"
import * as RunSteps from "./RunSteps.js"
import * as Threads from "./Threads.js"

/**
 * The modules that state operations, in the order of the API reference.
 *
 * @since 0.1.0
 * @category models
 */
export const resources = {
  ChatCompletions,
  Embeddings,
  Files,
  Models,
  Assistants,
  AssistantFiles,
  Threads,
  Messages,
  MessageFiles,
  Runs,
  RunSteps
} as const

/**
 * The resources' names.
 *
 * @since 0.1.0
 * @category models
 */
export type Resource = keyof typeof resources

/**
 * The operations that a resource's module states.
 *
 * @since 0.1.0
 * @category type-level
 */
export type EndpointsOf<R extends Resource> = Extract<
  (typeof resources)[R][keyof (typeof resources)[R]],
  { readonly [Endpoint.TypeId]: Endpoint.TypeId }
>

/**
 * The operations of one resource.
 *
 * @since 0.1.0
 * @category accessors
 */
export const endpointsOf = <R extends Resource>(resource: R): ReadonlyArray<EndpointsOf<R>> =>
  Object.values<unknown>(resources[resource]).filter((u): u is EndpointsOf<R> => Endpoint.isEndpoint(u))

/**
 * Every operation of the contract.
 *
 * @since 0.1.0
 * @category accessors
 */
export const endpoints: ReadonlyArray<Endpoint.Any> = (Object.keys(resources) as Array<Resource>).flatMap(
  (resource): ReadonlyArray<Endpoint.Any> => endpointsOf(resource)
)
