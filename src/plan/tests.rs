mod build;
mod columns;
mod kit;
mod resolve;
