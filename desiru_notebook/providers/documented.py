"""The settings that each provider documents, by its own names. What is not here goes through a module's ``extra={...}``."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# https://platform.openai.com/docs/api-reference/chat/create
CHAT = _names("""
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities
    moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options
    prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream_options
    temperature tool_choice tools top_logprobs top_p user verbosity web_search_options
""")
# https://platform.openai.com/docs/api-reference/responses/create
RESPONSES = _names("""
    access_programs background background_options context_management conversation image include instructions
    max_output_tokens max_tool_calls metadata moderation parallel_tool_calls previous_response_id prompt prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream_options temperature
    text tool_choice tools top_logprobs top_p truncation user
""")
# https://docs.anthropic.com/en/api/messages
MESSAGES = _names("""
    cache_control container context_management inference_geo max_tokens mcp_servers metadata output_config output_format
    service_tier speed stop_sequences system temperature thinking tool_choice tools top_k top_p
""")
# https://ai.google.dev/api/generate-content: beside the generation's own settings, and those. Google reads them in snake case
# too.
BESIDE_GENERATION = _names(
    "cachedContent contents labels modelArmorConfig safetySettings serviceTier systemInstruction toolConfig tools"
)
GENERATION = _names("""
    audioTimestamp candidateCount enableAffectiveDialog enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs
    maxOutputTokens mediaResolution modelSelectionConfig presencePenalty responseJsonSchema responseLogprobs
    responseMimeType responseModalities responseSchema routingConfig seed speechConfig stopSequences temperature
    thinkingConfig topK topP candidate_count frequency_penalty image_config max_output_tokens media_resolution
    presence_penalty response_json_schema response_logprobs response_mime_type response_modalities response_schema
    speech_config stop_sequences thinking_config top_k top_p
""")
# https://docs.cohere.com/reference/chat
COHERE = _names("""
    citation_options documents frequency_penalty k logprobs max_tokens p presence_penalty priority raw_prompting
    response_format safety_mode seed stop_sequences strict_tools temperature thinking tool_choice tools
""")
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html: Converse's own settings, and those of the
# models behind it, which go into `additionalModelRequestFields`.
CONVERSE = _names("""
    additionalModelRequestFields additionalModelResponseFieldPaths guardrailConfig outputConfig performanceConfig
    promptVariables requestMetadata serviceTier toolConfig
""")
BEHIND_CONVERSE = _names("""
    anthropic_beta frequency_penalty inferenceConfig k logit_bias max_tokens n output_config p presence_penalty
    reasoningConfig reasoning_config reasoning_effort response_format seed stop stop_sequences thinking tool_choice tools
    top_k top_p topK
""")
# https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
LOCAL = _names("""
    dry_multiplier frequency_penalty grammar json_schema logit_bias min_p mirostat presence_penalty repeat_last_n
    repeat_penalty seed top_k top_p typical_p
""")
# What servers take beside OpenAI's own.
COMPATIBLE = {
    "ollama": _names("reasoning"),
    "vllm": _names("""
    add_generation_prompt add_special_tokens allowed_token_ids bad_words best_of cache_salt chat_template
    chat_template_kwargs continue_final_message documents echo guided_choice guided_decoding_backend guided_grammar
    guided_json guided_regex guided_whitespace_pattern ignore_eos include_reasoning include_stop_str_in_output
    kv_transfer_params length_penalty logits_processors min_p min_tokens mm_processor_kwargs priority prompt_logprobs
    repetition_penalty request_id return_token_ids return_tokens_as_token_ids skip_special_tokens
    spaces_between_special_tokens stop_token_ids structured_outputs thinking_token_budget top_k truncate_prompt_tokens
    use_beam_search vllm_xargs
"""),
    "llamacpp": LOCAL
    | _names("""
    cache_prompt chat_template_kwargs dry_allowed_length dry_base dry_penalty_last_n dry_sequence_breakers dynatemp_exponent
    dynatemp_range id_slot ignore_eos lora min_keep mirostat_eta mirostat_tau n_keep n_predict n_probs parse_tool_calls
    post_sampling_probs reasoning_format return_progress samplers thinking_forced_open timings_per_token top_n_sigma
    xtc_probability xtc_threshold
"""),
    "lmstudio": _names("draft_model min_p reasoning repeat_penalty top_k ttl"),
    "sglang": _names("""
    chat_template_kwargs continue_final_message custom_logit_processor custom_params ebnf ignore_eos json_schema lora_path
    min_p min_tokens no_stop_trim regex repetition_penalty rid separate_reasoning session_params skip_special_tokens
    stop_regex stop_token_ids stream_reasoning top_k
"""),
    "deepseek": _names("thinking"),
    "mistral": _names("prompt_mode random_seed safe_prompt"),
    "xai": _names("deferred reasoning search_parameters"),
    "moonshot": _names("partial thinking"),
    "zai": _names("do_sample request_id thinking tool_stream user_id"),
    "alibaba": _names("""
    enable_code_interpreter enable_search enable_thinking incremental_output preserve_thinking repetition_penalty
    result_format search_options thinking_budget top_k translation_options vl_high_resolution_images
"""),
    "perplexity": _names("""
    disable_search enable_search_classifier image_domain_filter image_format_filter language_preference
    last_updated_after_filter last_updated_before_filter media_response return_images return_related_questions
    search_after_date_filter search_before_date_filter search_domain_filter search_language_filter search_mode
    search_recency_filter stream_mode top_k
"""),
    "groq": _names("""
    citation_options compound_custom disable_tool_validation documents exclude_domains include_domains include_reasoning
    reasoning_format search_settings
"""),
    "openrouter": _names("""
    cache_control debug image_config include_reasoning min_p models plugins provider reasoning repetition_penalty route
    session_id structured_outputs top_a top_k trace transforms usage
"""),
    "together": _names("""
    chat_template_kwargs compliance context_length_exceeded_behavior echo min_p reasoning repetition_penalty safety_model
    top_k
"""),
    "fireworks": _names("""
    context_length_exceeded_behavior echo ignore_eos min_p mirostat_lr mirostat_target perf_metrics_in_response
    prompt_cache_isolation_key prompt_truncate_len raw_output reasoning_history repetition_penalty speculation thinking
    top_k typical_p
"""),
    "cerebras": _names("clear_thinking disable_reasoning queue_threshold reasoning_format"),
    "sambanova": _names("chat_template_kwargs do_sample repetition_penalty top_k"),
    "nvidia": _names("""
    chat_template_kwargs max_thinking_tokens min_p min_thinking_tokens nvext reasoning_budget repetition_penalty thinking
    top_k
"""),
    "huggingface": _names("chat_template_kwargs repetition_penalty top_k"),
    "vercel": _names("models providerOptions reasoning"),
    "azure": _names("data_sources user_security_context"),
    "snowflake": _names("guardrails provisioned_throughput_id reasoning"),
}
_OF_ANY_SERVER = CHAT.union(*COMPATIBLE.values())
ALL = _OF_ANY_SERVER | RESPONSES | MESSAGES | BESIDE_GENERATION | GENERATION | COHERE | CONVERSE | BEHIND_CONVERSE


def of_server(name: str, *, elsewhere: bool) -> frozenset[str]:
    """What a server takes beside its protocol's settings; ``elsewhere`` is one at an address of the user's own."""
    return _OF_ANY_SERVER if elsewhere else COMPATIBLE.get(name, frozenset())
