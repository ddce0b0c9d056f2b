// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/** What works on each position alone. */
public sealed interface FeedForward permits GatedFeedForward, Mixture {}
