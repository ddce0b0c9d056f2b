// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

/**
 * Something else that was measured: memory, start, rest.
 *
 * @param model name of the file
 * @param engine name of the engine
 * @param what what it is
 * @param value the number
 * @param unit its unit
 * @param wanted what is wanted of this library, in words
 */
record Finding(
    String model, String engine, String what, double value, String unit, String wanted) {}
