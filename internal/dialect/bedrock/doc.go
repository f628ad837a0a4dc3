// Package bedrock speaks AWS Bedrock: Converse and ConverseStream for all
// families of models, and InvokeModel, which takes each family's own words, for
// vectors. It must not know how requests are signed. Start with Dialect.
package bedrock
