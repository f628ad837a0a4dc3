// Package telemetry counts what the gateway does and writes it in the text
// format of Prometheus, version 0.0.4. It is the only home of metric names. Its
// labels are bounded: catalogue ids, operations, classes, never a key, a model
// or a text of somebody's. It must not know HTTP, nor who calls it: those who
// have something to count declare the interface. Start with Metrics.
package telemetry
