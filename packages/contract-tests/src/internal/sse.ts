import { createParser, type EventSourceMessage } from "eventsource-parser"

/** The events of a stream as far as it was read; one that is not whole is none yet. */
export const parse = (text: string): ReadonlyArray<EventSourceMessage> => {
  const events: Array<EventSourceMessage> = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  parser.feed(text)
  return events
}
