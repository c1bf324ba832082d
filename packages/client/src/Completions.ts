/**
 * Texts completed by a model.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Completions"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Completions"

/**
 * Create completion (`createCompletion`). Default: 16 tokens. `.stream` emits its chunks.
 *
 * @example
 * import { Completions } from "@effect-openai/client"
 * import { Console, Stream } from "effect"
 *
 * const list = Completions.create.stream({
 *   model: "gpt-3.5-turbo-instruct",
 *   prompt: "Three colors:",
 *   max_tokens: 50
 * }).pipe(Stream.runForEach(({ choices }) => Console.log(choices?.[0]?.text)))
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.streamingInference(Contract.create)
