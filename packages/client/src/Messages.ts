/**
 * Messages: what was said in a thread.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Messages"
import * as Operation from "./Operation.js"

/**
 * A message's place.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageIds {
  readonly thread_id: string
  readonly message_id: string
}

/**
 * List messages (`listMessages`): a page, or by `.items` and `.pages` all of them; with `run_id` those of one run.
 *
 * @since 0.1.0
 * @category operations
 */
export const list: Operation.Paged<
  { readonly thread_id: string } & Contract.ListMessagesQuery,
  Contract.ListMessagesResponse,
  Contract.Message
> = Operation.paged(Contract.list)

/**
 * Create message (`createMessage`). A thread with an active run takes none.
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Operation<
  { readonly thread_id: string } & Contract.CreateMessageRequest,
  Contract.Message
> = Operation.json(Contract.create)

/**
 * Retrieve message (`getMessage`).
 *
 * @since 0.1.0
 * @category operations
 */
export const retrieve: Operation.Operation<MessageIds, Contract.Message> = Operation.make(Contract.retrieve)

/**
 * Modify message (`modifyMessage`): its metadata.
 *
 * @since 0.1.0
 * @category operations
 */
export const modify: Operation.Operation<MessageIds & Contract.ModifyMessageRequest, Contract.Message> = Operation.json(
  Contract.modify
)
