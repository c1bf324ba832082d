/** Ours in a program that imports every operation there is, and has called them all. */
import * as Client from "@effect-openai/client"
import * as Effect from "effect/Effect"
import { compete } from "../contestant.js"
import { growth, unanswered } from "./growth.js"

const operations = Object.values(Client).flatMap((module) => Object.values(module)).filter((operation) =>
  typeof operation === "function" && "endpoint" in operation
)

if (operations.length < 38) throw new Error(`only ${operations.length} operations`)

compete(growth(
  Client.Assistants.retrieve,
  // Refused before it is sent, but read, checked and compiled all the same.
  Effect.forEach(operations, (operation) => unanswered(operation({ assistant_id: 1 })), { discard: true })
))
