import { Model } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const text = { type: "string" }
const integer = { type: "integer" }

const callOf = (
  message: string,
  name: string,
  properties: Record<string, object>,
  required = Object.keys(properties)
) =>
  Effect.gen(function*() {
    const model = yield* Model.Model
    const reply = yield* model.reply({
      model: "gpt-4",
      instructions: "",
      messages: [{ role: "user", content: message }],
      tools: [{ type: "function", function: { name, parameters: { type: "object", properties, required } } }],
      toolChoice: "auto",
      format: "text",
      files: [],
      toolCalls: []
    })
    if (reply._tag !== "FunctionCalls") return assert.fail(reply._tag)
    return JSON.parse(reply.calls[0]!.arguments)
  }).pipe(Effect.provide(Model.layerScripted))

const sentences: ReadonlyArray<
  readonly [
    message: string,
    name: string,
    properties: Record<string, object>,
    expected: object,
    required?: Array<string>
  ]
> = [
  ["look up repair_status for ticket A-17", "repair_status", { ticket: text }, { ticket: "A-17" }],
  ["get_weather for Lisbon please", "get_weather", { city: text }, { city: "Lisbon" }],
  ["What does get_weather say about New York, please?", "get_weather", { city: text }, { city: "New York" }],
  ["get_weather in lisbon", "get_weather", { location: text }, { location: "lisbon" }],
  ["Use get_weather: how warm is it in São Paulo today?", "get_weather", { location: text }, { location: "São Paulo" }],
  ["get_weather in \"Oslo\"", "get_weather", { city: text }, { city: "Oslo" }],
  ["Call get_weather for Paris in Celsius", "get_weather", {
    city: text,
    unit: { type: "string", enum: ["fahrenheit", "celsius"] }
  }, { city: "Paris", unit: "celsius" }],
  ["get_forecast for Rome, 7 days", "get_forecast", { city: text, days: integer }, { city: "Rome", days: 7 }],
  ["get_forecast for the next three days in Berlin", "get_forecast", { city: text, days: integer }, {
    city: "Berlin",
    days: 3
  }],
  ["book_flight from Lisbon to Oslo on 2024-05-01", "book_flight", { destination: text, origin: text, date: text }, {
    origin: "Lisbon",
    destination: "Oslo",
    date: "2024-05-01"
  }],
  ["book_flight to Madrid tomorrow", "book_flight", { destination: text, date: text }, {
    destination: "Madrid",
    date: "tomorrow"
  }],
  ["find_order 48213", "find_order", { order_id: text }, { order_id: "48213" }],
  ["Where is order #B42? Use find_order.", "find_order", { order_id: text }, { order_id: "#B42" }],
  ["get_invoice INV-2024-009 for me", "get_invoice", { invoiceNumber: text }, { invoiceNumber: "INV-2024-009" }],
  ["get_customer by id cus_9s6XKzkNRiz8i3", "get_customer", { customer_id: text }, {
    customer_id: "cus_9s6XKzkNRiz8i3"
  }],
  ["send_email to ann@example.com about the broken printer", "send_email", {
    to: { ...text, format: "email" },
    subject: text
  }, {
    to: "ann@example.com",
    subject: "the broken printer"
  }],
  ["send_email with subject: Lunch", "send_email", { subject: text }, { subject: "Lunch" }],
  ["fetch_page https://example.com/a?b=c.", "fetch_page", { url: text }, { url: "https://example.com/a?b=c" }],
  ["search_web for cheap blue shoes please", "search_web", { query: text }, { query: "cheap blue shoes" }],
  ["Please run search_docs about retry policies.", "search_docs", { query: text }, { query: "retry policies" }],
  ["add the numbers 3 and 4.5 with add", "add", { a: { type: "number" }, b: { type: "number" } }, { a: 3, b: 4.5 }],
  ["order_pizza: two large ones for table 12", "order_pizza", {
    table: integer,
    quantity: integer,
    size: { type: "string", enum: ["small", "medium", "large"] }
  }, { table: 12, quantity: 2, size: "large" }],
  ["set_reminder at 14:30 tomorrow", "set_reminder", { date: text, time: text }, { date: "tomorrow", time: "14:30" }],
  ["get_report for 2024-03-31", "get_report", { day: { ...text, format: "date" } }, { day: "2024-03-31" }],
  ["find_person called Ada Lovelace", "find_person", { name: text }, { name: "Ada Lovelace" }],
  ["create_ticket with priority high", "create_ticket", {
    priority: { type: "string", enum: ["low", "high"] },
    urgent: { type: "boolean" }
  }, { priority: "high", urgent: false }],
  ["create_ticket, it is urgent", "create_ticket", { urgent: { type: "boolean" } }, { urgent: true }],
  ["compare_weather of Paris and Rome", "compare_weather", { cities: { type: "array", items: text } }, {
    cities: ["Paris", "Rome"]
  }],
  ["get_weather for Lisbon", "get_weather", { q: { ...text, description: "The city, e.g. San Francisco" } }, {
    q: "Lisbon"
  }],
  ["get_stock for ticker MSFT", "get_stock", { ticker: text }, { ticker: "MSFT" }],
  [
    "get_weather for Lisbon in fahrenheit",
    "get_weather",
    {
      city: text,
      unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      days: integer
    },
    { city: "Lisbon", unit: "fahrenheit" },
    ["city"]
  ],
  ["do_it now", "do_it", { thing: text }, { thing: "do_it now" }]
]

describe("The built-in model fills the arguments of a function", () => {
  for (const [message, name, properties, expected, required] of sentences) {
    it.effect(message, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* callOf(message, name, properties, required), expected)
      }))
  }
})
