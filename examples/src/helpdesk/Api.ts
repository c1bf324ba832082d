/**
 * The API of this backend: helpdesks that know a handbook. It does not mention OpenAI.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"

export class Helpdesk extends Schema.Class<Helpdesk>("Helpdesk")({
  id: Schema.String,
  name: Schema.String,
  documents: Schema.Number
}) {}

export class CreateHelpdesk extends Schema.Class<CreateHelpdesk>("CreateHelpdesk")({
  name: Schema.NonEmptyTrimmedString,
  handbook: Schema.NonEmptyString
}) {}

export class Question extends Schema.Class<Question>("Question")({ question: Schema.NonEmptyString }) {}

export class Reply extends Schema.Class<Reply>("Reply")({ text: Schema.String }) {}

export class HelpdeskNotFound extends Schema.TaggedError<HelpdeskNotFound>()(
  "HelpdeskNotFound",
  { id: Schema.String },
  HttpApiSchema.annotations({ status: 404 })
) {}

export class HelpdeskUnavailable extends Schema.TaggedError<HelpdeskUnavailable>()(
  "HelpdeskUnavailable",
  { retryAfterSeconds: Schema.Number },
  HttpApiSchema.annotations({ status: 503 })
) {}

const id = HttpApiSchema.param("id", Schema.NonEmptyString)

export class Api extends HttpApi.make("Helpdesk").add(
  HttpApiGroup.make("helpdesks")
    .add(HttpApiEndpoint.post("create", "/helpdesks").setPayload(CreateHelpdesk).addSuccess(Helpdesk, { status: 201 }))
    .add(HttpApiEndpoint.get("list", "/helpdesks").addSuccess(Schema.Array(Helpdesk)))
    .add(HttpApiEndpoint.get("get")`/helpdesks/${id}`.addSuccess(Helpdesk).addError(HelpdeskNotFound))
    .add(HttpApiEndpoint.del("remove")`/helpdesks/${id}`.addError(HelpdeskNotFound))
    .add(
      HttpApiEndpoint.post("ask")`/helpdesks/${id}/questions`.setPayload(Question).addSuccess(Reply)
        .addError(HelpdeskNotFound)
    )
    .addError(HelpdeskUnavailable)
) {}
