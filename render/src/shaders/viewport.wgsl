// Begins every pane shader: one triangle over the viewport, the pane's place in it, and the way from bytes to a stored pixel.

@vertex
fn whole_viewport(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32((i << 1u) & 2u) * 2.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0);
}

// Pixel of a pane that lies at `rect` (x, y, width, height) in the framebuffer.
fn pixel_of(position: vec4<f32>, rect: vec4<i32>) -> vec2<i32> {
    return vec2<i32>(position.xy) - rect.xy;
}

fn in_pane(p: vec2<i32>, rect: vec4<i32>) -> bool {
    return all(p >= vec2<i32>(0)) && all(p < rect.zw);
}

// The only floats: an 8-bit unorm target turns byte / 255 back into the byte.
fn stored(rgb: vec3<u32>) -> vec4<f32> {
    return vec4<f32>(vec3<f32>(rgb) / 255.0, 1.0);
}

