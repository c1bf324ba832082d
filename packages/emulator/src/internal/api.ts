import * as Api from "@effect-openai/core/Api"

/** The contract where it is served. */
export const api = Api.Api.prefix("/v1")
