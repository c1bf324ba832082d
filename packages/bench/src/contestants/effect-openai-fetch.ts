import * as FetchHttpClient from "@effect-openai/client/FetchHttpClient"
import { compete } from "../contestant.js"
import { ours } from "./effect-openai.js"

compete(ours(FetchHttpClient.layer))
