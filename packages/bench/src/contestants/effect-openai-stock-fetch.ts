import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { compete } from "../contestant.js"
import { ours } from "./effect-openai.js"

compete(ours(FetchHttpClient.layer))
