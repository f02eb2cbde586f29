export { RpcError } from './frames.ts';
export { createRpcServer, type RpcHandler, type RpcServer, type RpcServerOptions, type RpcTopic } from './server.ts';
export { createRpcClient, type RpcClient, type RpcClientOptions } from './client.ts';
