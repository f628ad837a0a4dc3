// Package oracle speaks the chat of Oracle's Generative AI service
// (https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/latest/ChatDetails).
// It wraps two formats that others invented, with names of its own: most models
// are asked in one made after OpenAI's (apiFormat GENERIC), Cohere's in one made
// after version 1 of theirs (COHERE). So a request is written in the format it
// was made after and renamed, and what comes back is renamed and read. Only
// providers speak it. It must not know about signatures. Start with Of.
package oracle
