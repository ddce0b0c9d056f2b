/**
 * Chat templates: an interpreter for the part of Jinja that chat templates are written in, with the
 * settings and extras of the reference renderer. A template sees plain values only, cannot change
 * what the caller passed in, and runs within limits on steps, depth and memory. The engine calls
 * {@link org.moe4j.template.ChatTemplate}; nothing else is exported.
 */
@NullMarked
package org.moe4j.template;

import org.jspecify.annotations.NullMarked;
