// Puts a finished image on the screen, one texel a pixel: for adapters that are a CPU, where render::cpu is the faster sampler. Follows viewport.wgsl.

struct Present {
    // x, y of the pane in the framebuffer; width, height.
    rect: vec4<i32>,
    // Channels of the image: 1 is grey, 3 are red, green and blue.
    kind: vec4<u32>,
}

@group(0) @binding(0) var<uniform> present: Present;
@group(0) @binding(1) var image: texture_2d<u32>;

@fragment
fn present_image(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let p = pixel_of(position, present.rect);
    var rgb = vec3<u32>(0u);
    if in_pane(p, present.rect) {
        let texel = textureLoad(image, p, 0);
        rgb = select(texel.rgb, texel.rrr, present.kind.x == 1u);
    }
    return stored(rgb);
}
