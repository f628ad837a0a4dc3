// Package watsonx speaks IBM's form of OpenAI's chat: a stream has an address of
// its own, some words for the tool to choose another member, and a limit of time
// is a reason to end (https://cloud.ibm.com/apidocs/watsonx-ai#text-chat). Bytes
// pass; requests and answers are edited. It must not know about other operations
// of IBM's. Start with Of.
package watsonx
