import * as OpenAiError from "@effect-openai/core/OpenAiError"
import { createParser, type EventSourceMessage } from "eventsource-parser"

/** The events of a stream, as far as it was read. An incomplete event is left out. */
export const parse = (text: string): ReadonlyArray<EventSourceMessage> => {
  const events: Array<EventSourceMessage> = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  parser.feed(text)
  return events
}

/** Whether an event is an error: by its name, or without a name by its data. */
export const isError = (event: string | undefined, data: unknown): boolean =>
  event === "error" || (event === undefined && OpenAiError.findError(data) !== undefined)
