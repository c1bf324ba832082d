import * as Stream from "effect/Stream"
import type { create as Create, CreateRequest, RunToolsEvent, RunToolsOptions } from "../../ChatCompletions.js"
import * as ChatStream from "../../ChatStream.js"
import type * as Operation from "../../Operation.js"
import type * as Tool from "../../Tool.js"
import { callsOf, joinMessages, nextRequest } from "./chat.js"
import { thenNext } from "./rounds.js"

/** Emits the events of a tool loop over chat completions. */
export const chatEvents = (
  create: typeof Create,
  tools: ReadonlyArray<Tool.Tool<any, any>>,
  options: RunToolsOptions<"fail" | "output"> & Operation.StreamOptions
) => {
  const loop = (request: CreateRequest, rounds: number): Stream.Stream<RunToolsEvent, any, any> =>
    Stream.suspend(() => {
      let completion = ChatStream.empty
      const chunks = create.stream(request, options).pipe(
        Stream.map((data): RunToolsEvent => {
          completion = ChatStream.apply(completion, data)
          return { event: "chat.completion.chunk", data }
        })
      )
      const rest = Stream.suspend(() => {
        const message = joinMessages(completion.choices.map(ChatStream.message), request.messages.length)
        const calls = callsOf(message)
        const messages = message === undefined ? request.messages : [...request.messages, message]
        if (rounds <= 1 || calls.length === 0) {
          return Stream.succeed<RunToolsEvent>({ event: "conversation", data: { completion, messages } })
        }
        return thenNext(
          tools,
          calls,
          { ...options, operation: "createChatCompletion" },
          (outputs) => loop(nextRequest(request, messages, outputs), rounds - 1)
        )
      })
      return Stream.concat(chunks, rest)
    })
  return (request: CreateRequest) => loop(request, options.maxRounds ?? 16)
}
