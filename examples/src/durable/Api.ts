/**
 * The API of this backend: tickets, each with a question to a helpdesk. A ticket gets its reply although the process ends.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"

export class Ticket extends Schema.Class<Ticket>("Ticket")({
  id: Schema.String,
  status: Schema.Literal("open", "answered", "cancelled", "failed"),
  reply: Schema.NullOr(Schema.String)
}) {}

/** The caller chooses the ID, so that it can repeat a request whose response was lost. */
export class OpenTicket extends Schema.Class<OpenTicket>("OpenTicket")({
  id: Schema.NonEmptyTrimmedString,
  helpdesk: Schema.NonEmptyString,
  question: Schema.NonEmptyString
}) {}

const id = HttpApiSchema.param("id", Schema.NonEmptyString)

export class Api extends HttpApi.make("Tickets").add(
  HttpApiGroup.make("tickets")
    .add(HttpApiEndpoint.post("open", "/tickets").setPayload(OpenTicket).addSuccess(Ticket, { status: 202 }))
    .add(HttpApiEndpoint.get("get")`/tickets/${id}`.addSuccess(Ticket))
    .add(HttpApiEndpoint.del("cancel")`/tickets/${id}`)
) {}
